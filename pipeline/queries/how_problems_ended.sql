-- How did the problems end, and what went wrong where they did not?
SELECT
    ended,
    stage,
    error_type,
    count(*) AS problems,
    sum(n_traces)::BIGINT AS traces,
    min(message) AS for_example
FROM problems
GROUP BY ended, stage, error_type
ORDER BY problems DESC, ended, stage, error_type
