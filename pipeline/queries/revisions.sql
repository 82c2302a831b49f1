-- How many wrong first tries does one revision mend?
-- wrong = first tries of the generator code_io that were rejected, of which the first few of each problem are revised;
-- repeated = revisions with the same answer; share = mended of the revisions that could be judged; resampled = the share that
-- a new try would get, which is the pass rate from the bare question, of the same problems.
WITH revisions AS (
    SELECT parent_trace_id AS trace_id, answer, outcome
    FROM traces
    WHERE generator = 'code_io' AND role = 'revision'
)
SELECT
    t.problem.task AS task,
    t.family AS family,
    count(*) AS wrong,
    count(r.trace_id) AS revised,
    count(*) FILTER (r.outcome = 'accepted') AS mended,
    count(*) FILTER (r.answer = t.answer) AS repeated,
    avg((r.outcome = 'accepted')::INT) FILTER (r.outcome <> 'undecided') AS share,
    avg(t.root_correct / nullif(t.root_n, 0)) FILTER (r.outcome <> 'undecided') AS resampled
FROM traces AS t
LEFT JOIN revisions AS r ON r.trace_id = t.trace_id
WHERE t.generator = 'code_io' AND t.role = 'solution' AND t.outcome = 'rejected'
GROUP BY ALL
ORDER BY task, family
