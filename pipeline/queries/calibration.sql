-- Does a higher q mean a step that is more often right?
-- q estimates how often a continuation is accepted: observed is that share among this bin's rollouts, where all were drawn:
-- after an early stop it would say when it stopped. right is the share of steps whose prefix is exactly right; it lies above
-- q where the policy fails from good prefixes too. Probed steps only.
SELECT
    printf('%.1f to %.1f', bin / 10, (bin + 1) / 10) AS q,
    count(*) AS steps,
    avg(step_q) AS mean_q,
    sum(n_correct) FILTER (stop_reason = 'fixed')
        / nullif(sum(n_rollouts - n_undecided) FILTER (stop_reason = 'fixed'), 0) AS observed,
    avg(exact_prefix::INT) AS "right",
    count(*) - count(exact_prefix) AS not_known
FROM (
    SELECT q AS step_q, least(floor(q * 10)::INT, 9) AS bin, n_correct, n_rollouts, n_undecided, exact_prefix, stop_reason
    FROM steps
    WHERE q IS NOT NULL AND n_rollouts > 0
)
GROUP BY bin
ORDER BY bin
