-- How many rollouts does a step get, by its position?
-- decided leaves out rollouts on which the verifier failed.
SELECT
    step_index,
    count(*) AS steps,
    count(*) FILTER (n_rollouts > 0) AS probed,
    avg(n_rollouts) FILTER (n_rollouts > 0) AS mean_rollouts,
    max(n_rollouts) AS most,
    sum(n_rollouts - n_undecided)::BIGINT AS decided,
    sum(n_correct) / nullif(sum(n_rollouts - n_undecided), 0) AS accepted_share
FROM steps
GROUP BY step_index
ORDER BY step_index
