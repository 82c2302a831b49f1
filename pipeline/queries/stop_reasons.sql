-- Why did the probing of steps end, and what did it cost?
SELECT
    stop_reason,
    count(*) AS steps,
    count(*) / sum(count(*)) OVER () AS of_all,
    sum(n_rollouts)::BIGINT AS rollouts,
    count(hard) AS labelled
FROM steps
GROUP BY stop_reason
ORDER BY steps DESC, stop_reason
