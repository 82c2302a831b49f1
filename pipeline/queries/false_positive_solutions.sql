-- Which accepted solutions hold a step known to be wrong?
-- first_error counts from 0.
SELECT trace_id, family, first_error, len(steps) AS n_steps, answer, rtrim(steps[first_error + 1].text, chr(10)) AS wrong_step
FROM traces
WHERE outcome = 'accepted' AND role = 'solution' AND first_error >= 0
ORDER BY family, trace_id
