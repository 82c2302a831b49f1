-- Does the prose of a proof lead a blind reader back to a proof?
-- Per run and family: P(verified) given the verbaliser's prose, given that of models, given the statement alone, the uplift over
-- that, and given the prose of another theorem (shuffled). A share is the mean over theorems of each theorem's share of decided
-- proofs, names re-assigned, from the whole prose; theorems count that have prose and the statement alone. 95% intervals are over
-- theorems: Wilson's, as if each were one coin, which is wider than the truth, and does not shrink to nothing at 0; Newcombe's of
-- the two for an uplift. as_alone: shuffled lies within the interval of alone.
WITH tried AS (
    SELECT
        run_id,
        family,
        problem_id,
        CASE WHEN status = 'decoy' THEN 'shuffled' WHEN policy.engine = 'verbaliser' THEN 'prose' ELSE 'model' END AS arm,
        root_n,
        root_correct,
        steps[-1].n_rollouts - steps[-1].n_undecided AS decided,
        steps[-1].n_correct AS correct
    FROM traces
    WHERE generator = 'proof_to_language' AND role = 'translation' AND len(steps) > 0
),
problem AS (
    SELECT
        run_id,
        family,
        problem_id,
        max(root_n) AS alone_n,
        max(root_correct) / nullif(max(root_n), 0) AS alone,
        sum(decided) FILTER (arm = 'prose') AS prose_n,
        sum(correct) FILTER (arm = 'prose') / nullif(sum(decided) FILTER (arm = 'prose'), 0) AS prose,
        sum(decided) FILTER (arm = 'model') AS model_n,
        sum(correct) FILTER (arm = 'model') / nullif(sum(decided) FILTER (arm = 'model'), 0) AS model,
        sum(decided) FILTER (arm = 'shuffled') AS shuffled_n,
        sum(correct) FILTER (arm = 'shuffled') / nullif(sum(decided) FILTER (arm = 'shuffled'), 0) AS shuffled
    FROM tried
    GROUP BY ALL
),
known AS (
    FROM problem WHERE alone IS NOT NULL AND prose IS NOT NULL
),
arm AS (
    SELECT run_id, family, 1 AS place, 'prose' AS arm, prose_n AS proofs, prose AS share FROM known
    UNION ALL
    SELECT run_id, family, 3, 'model', model_n, model FROM known WHERE model IS NOT NULL
    UNION ALL
    SELECT run_id, family, 5, 'alone', alone_n, alone FROM known
    UNION ALL
    SELECT run_id, family, 6, 'shuffled', shuffled_n, shuffled FROM known WHERE shuffled IS NOT NULL
),
counted AS (
    SELECT
        run_id,
        grouping(family) AS is_total,
        family,
        place,
        arm,
        count(*) AS theorems,
        sum(proofs)::BIGINT AS proofs,
        avg(share) AS p_verified
    FROM arm
    GROUP BY GROUPING SETS ((run_id, family, place, arm), (run_id, place, arm))
),
wilson AS (
    SELECT
        *,
        (p_verified + z * z / 2 / theorems) / (1 + z * z / theorems) AS middle,
        z / (1 + z * z / theorems)
            * sqrt(p_verified * (1 - p_verified) / theorems + z * z / 4 / theorems / theorems) AS half
    FROM counted, (SELECT 1.959964 AS z)
),
bounded AS (
    SELECT
        run_id, is_total, family, place, arm, theorems, proofs, p_verified,
        CASE WHEN p_verified = 0 THEN 0 ELSE middle - half END AS low,  -- exactly, where rounding would miss the end
        CASE WHEN p_verified = 1 THEN 1 ELSE middle + half END AS high
    FROM wilson
),
compared AS (
    SELECT
        *,
        max(p_verified) FILTER (arm = 'alone') OVER same AS base,
        max(low) FILTER (arm = 'alone') OVER same AS base_low,
        max(high) FILTER (arm = 'alone') OVER same AS base_high
    FROM bounded
    WINDOW same AS (PARTITION BY run_id, is_total, family)
),
answer AS (
    SELECT * EXCLUDE (base, base_low, base_high),
        CASE WHEN arm = 'shuffled' THEN p_verified BETWEEN base_low AND base_high END AS as_alone
    FROM compared
    UNION ALL
    SELECT
        run_id, is_total, family, place + 1, arm || ' uplift', theorems, proofs,
        p_verified - base,
        p_verified - base - sqrt((p_verified - low) ** 2 + (base_high - base) ** 2),
        p_verified - base + sqrt((high - p_verified) ** 2 + (base - base_low) ** 2),
        NULL
    FROM compared
    WHERE arm IN ('prose', 'model')
)
SELECT
    run_id AS run,
    CASE WHEN is_total = 1 THEN 'all' ELSE family END AS family,
    arm,
    theorems,
    proofs,
    p_verified,
    low,
    high,
    as_alone
FROM answer
ORDER BY run, is_total, family, place
