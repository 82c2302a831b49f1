-- Which answers could no verifier settle, for an audit?
-- One row per pair of reference and answer, over whole traces and rollouts; oracles that contradict each other first.
WITH judged AS (
    SELECT problem.reference AS reference, answer, status, 1 AS traces, 0 AS rollouts
    FROM traces
    WHERE outcome = 'undecided'
    UNION ALL
    SELECT t.problem.reference, r.answer, r.status, 0, 1
    FROM rollouts AS r
    JOIN (SELECT trace_id, problem FROM traces) AS t USING (trace_id)
    WHERE r.outcome = 'undecided'
)
SELECT status, reference, answer, sum(traces)::BIGINT AS traces, sum(rollouts)::BIGINT AS rollouts
FROM judged
GROUP BY status, reference, answer
ORDER BY status <> 'disagree', status, sum(traces) + sum(rollouts) DESC, reference, answer
