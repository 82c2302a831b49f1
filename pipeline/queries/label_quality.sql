-- Do the hard labels agree with the exact truth about each step?
-- balanced = mean of the recall on good and on bad steps. baseline is the accuracy of always answering "good", whose
-- balanced accuracy is 0.5. probed = balanced without last steps, whose label is the trace's verdict.
-- Only traces with probed or implied steps count: elsewhere the one label is the last step's, and that is the verdict itself.
-- Steps without a label or without exact truth are left out and counted.
WITH judged AS (
    SELECT
        family,
        is_terminal,
        hard = exact_prefix AS agrees,
        CASE WHEN hard IS NOT NULL THEN exact_prefix END AS good
    FROM steps
    WHERE trace_id IN (SELECT trace_id FROM steps WHERE n_rollouts > 0 OR stop_reason = 'implied_positive')
),
counted AS (
    SELECT
        grouping(family) AS is_total,
        family,
        count(good) AS steps,
        count(*) - count(good) AS left_out,
        avg(agrees::INT) FILTER (good) AS recall_good,
        avg(agrees::INT) FILTER (NOT good) AS recall_bad,
        avg(agrees::INT) FILTER (good AND NOT is_terminal) AS probed_good,
        avg(agrees::INT) FILTER (NOT good AND NOT is_terminal) AS probed_bad,
        avg(agrees::INT) FILTER (good IS NOT NULL) AS accuracy,
        avg(good::INT) AS baseline
    FROM judged
    GROUP BY GROUPING SETS ((family), ())
)
SELECT
    CASE WHEN is_total = 1 THEN 'all' ELSE family END AS family,
    steps,
    left_out,
    (recall_good + recall_bad) / 2 AS balanced,
    recall_good,
    recall_bad,
    (probed_good + probed_bad) / 2 AS probed,
    accuracy,
    baseline
FROM counted
ORDER BY is_total, family
