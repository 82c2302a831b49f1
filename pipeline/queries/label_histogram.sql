-- How are labels spread: what share of a step's rollouts was accepted?
-- Only steps whose rollouts were all drawn: after an early stop the share says when it stopped (stop_reasons has those).
-- Undecided rollouts are left out of it.
WITH probed AS (
    SELECT n_correct / (n_rollouts - n_undecided) AS share
    FROM steps
    WHERE n_rollouts - n_undecided > 0 AND stop_reason = 'fixed'
),
binned AS (
    SELECT CASE WHEN share = 0 THEN 0 WHEN share = 1 THEN 11 ELSE 1 + floor(share * 10)::INT END AS bin FROM probed
)
SELECT
    CASE bin
        WHEN 0 THEN 'none'
        WHEN 11 THEN 'all'
        ELSE printf('%.1f to %.1f', (bin - 1) / 10, bin / 10)
    END AS accepted_share,
    count(*) AS steps,
    count(*) / sum(count(*)) OVER () AS of_all,
    rtrim(bar(count(*), 0, max(count(*)) OVER (), 30)) AS histogram
FROM binned
GROUP BY bin
ORDER BY bin
