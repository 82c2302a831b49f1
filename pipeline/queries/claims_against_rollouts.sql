-- Do wrong claims in a step go with rollouts that fail?
-- A step counts by its worst claim. accepted = share of its rollouts' decided verdicts that were accepted; hopeless = share of
-- its probed steps from which no rollout was; solved = share of its traces whose own answer was accepted.
WITH judged AS (
    SELECT
        trace_id,
        n_correct,
        n_rollouts - n_undecided AS decided,
        CASE
            WHEN len([claim FOR claim IN checks IF claim.verdict = 'wrong']) > 0 THEN 'wrong'
            WHEN len([claim FOR claim IN checks IF claim.verdict = 'right']) > 0 THEN 'right'
            WHEN len(checks) > 0 THEN 'unsure'
            ELSE 'none'
        END AS claims
    FROM steps
)
SELECT
    claims,
    count(*) AS steps,
    count(*) FILTER (decided > 0) AS probed,
    sum(n_correct) FILTER (decided > 0) / nullif(sum(decided), 0) AS accepted,
    avg((n_correct = 0)::INT) FILTER (decided > 0) AS hopeless,
    avg((outcome = 'accepted')::INT) AS solved
FROM judged
JOIN (SELECT trace_id, outcome FROM traces) USING (trace_id)
GROUP BY claims
ORDER BY list_position(['wrong', 'unsure', 'right', 'none'], claims)
