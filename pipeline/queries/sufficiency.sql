-- Does reasoning lead to programs that pass?
-- Per run and family: P(pass) given the reasoning, given the problem alone, the uplift between the two, and given the reasoning
-- of another program (shuffled). A share is the mean over problems of each problem's share of decided programs; problems count
-- that have both arms. 95% intervals are over problems: Wilson's, as if each were one coin, which is wider than the truth, and
-- does not shrink to nothing at 0; Newcombe's of the two for the uplift. as_alone: shuffled lies within the interval of alone.
WITH tried AS (
    SELECT
        run_id,
        family,
        problem_id,
        status = 'decoy' AS shuffled,
        root_n,
        root_correct,
        steps[-1].n_rollouts - steps[-1].n_undecided AS decided,
        steps[-1].n_correct AS correct
    FROM traces
    WHERE role = 'plan' AND len(steps) > 0
),
problem AS (
    SELECT
        run_id,
        family,
        problem_id,
        max(root_n) AS alone_n,
        max(root_correct) / nullif(max(root_n), 0) AS alone,
        sum(decided) FILTER (NOT shuffled) AS given_n,
        sum(correct) FILTER (NOT shuffled) / nullif(sum(decided) FILTER (NOT shuffled), 0) AS given,
        sum(decided) FILTER (shuffled) AS shuffled_n,
        sum(correct) FILTER (shuffled) / nullif(sum(decided) FILTER (shuffled), 0) AS shuffled
    FROM tried
    GROUP BY ALL
),
arm AS (
    SELECT run_id, family, 1 AS place, 'reasoning' AS arm, given_n AS programs, given AS share FROM problem
    WHERE given IS NOT NULL AND alone IS NOT NULL
    UNION ALL
    SELECT run_id, family, 2, 'alone', alone_n, alone FROM problem WHERE given IS NOT NULL AND alone IS NOT NULL
    UNION ALL
    SELECT run_id, family, 4, 'shuffled', shuffled_n, shuffled FROM problem
    WHERE given IS NOT NULL AND alone IS NOT NULL AND shuffled IS NOT NULL
),
counted AS (
    SELECT
        run_id,
        grouping(family) AS is_total,
        family,
        place,
        arm,
        count(*) AS problems,
        sum(programs)::BIGINT AS programs,
        avg(share) AS p_pass
    FROM arm
    GROUP BY GROUPING SETS ((run_id, family, place, arm), (run_id, place, arm))
),
wilson AS (
    SELECT
        *,
        (p_pass + z * z / 2 / problems) / (1 + z * z / problems) AS middle,
        z / (1 + z * z / problems) * sqrt(p_pass * (1 - p_pass) / problems + z * z / 4 / problems / problems) AS half
    FROM counted, (SELECT 1.959964 AS z)
),
bounded AS (
    SELECT
        run_id, is_total, family, place, arm, problems, programs, p_pass,
        CASE WHEN p_pass = 0 THEN 0 ELSE middle - half END AS low,  -- exactly, where rounding would miss the end
        CASE WHEN p_pass = 1 THEN 1 ELSE middle + half END AS high
    FROM wilson
),
compared AS (
    SELECT
        *,
        max(p_pass) FILTER (arm = 'alone') OVER same AS base,
        max(low) FILTER (arm = 'alone') OVER same AS base_low,
        max(high) FILTER (arm = 'alone') OVER same AS base_high
    FROM bounded
    WINDOW same AS (PARTITION BY run_id, is_total, family)
),
answer AS (
    SELECT * EXCLUDE (base, base_low, base_high),
        CASE WHEN arm = 'shuffled' THEN p_pass BETWEEN base_low AND base_high END AS as_alone
    FROM compared
    UNION ALL
    SELECT
        run_id, is_total, family, 3, 'uplift', problems, programs,
        p_pass - base,
        p_pass - base - sqrt((p_pass - low) ** 2 + (base_high - base) ** 2),
        p_pass - base + sqrt((high - p_pass) ** 2 + (base - base_low) ** 2),
        NULL
    FROM compared
    WHERE arm = 'reasoning'
)
SELECT
    run_id AS run,
    CASE WHEN is_total = 1 THEN 'all' ELSE family END AS family,
    arm,
    problems,
    programs,
    p_pass,
    low,
    high,
    as_alone
FROM answer
ORDER BY run, is_total, family, place
