-- Where in a trace does the first wrong step stand?
-- Steps are counted from 0. Only traces whose truth is known exactly; reached = those that get as far without an error.
WITH known AS (
    SELECT first_error, len(steps) AS n_steps FROM traces WHERE first_error IS NOT NULL
),
positions AS (
    SELECT unnest(generate_series(0, (SELECT coalesce(max(first_error), -1) FROM known))) AS step_index
)
SELECT
    step_index,
    count(*) FILTER (first_error = step_index) AS first_errors,
    count(*) AS reached,
    count(*) FILTER (first_error = step_index) / count(*) AS error_rate
FROM positions JOIN known ON n_steps > step_index AND (first_error = -1 OR first_error >= step_index)
GROUP BY step_index
ORDER BY step_index
