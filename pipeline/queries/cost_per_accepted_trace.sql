-- What does one accepted trace cost, in tokens, engines, GPUs and dollars?
-- A trace's cost includes its rollouts. The last row adds what was spent outside traces: root probes, problems given up.
-- gpu_s_each is 0 where no engine held a GPU. duplicates: of the accepted, those that repeat another of their problem; per
-- accepted trace that does not, each figure is as many times larger as accepted / (accepted - duplicates).
WITH by_generator AS (
    SELECT
        generator,
        count(*) AS traces,
        count(*) FILTER (outcome = 'accepted') AS accepted,
        count(duplicate_of) FILTER (outcome = 'accepted') AS duplicates,
        sum(cost.generated_tokens)::BIGINT AS generated,
        sum(cost.engine_s) AS engine_s,
        coalesce(sum(cost.gpu_s), 0) AS gpu_s,
        sum(cost.dollars) AS dollars
    FROM traces
    GROUP BY generator
),
outside AS (
    SELECT
        coalesce(sum(generated_tokens), 0)::BIGINT AS generated,
        coalesce(sum(engine_s), 0) AS engine_s,
        coalesce(sum(gpu_s), 0) AS gpu_s,
        coalesce(sum(dollars), 0) AS dollars
    FROM problems
),
everything AS (
    SELECT
        'all, with probes' AS generator,
        coalesce(sum(traces), 0)::BIGINT AS traces,
        coalesce(sum(accepted), 0)::BIGINT AS accepted,
        coalesce(sum(duplicates), 0)::BIGINT AS duplicates,
        coalesce(sum(generated), 0)::BIGINT + (SELECT generated FROM outside) AS generated,
        sum(engine_s) + (SELECT engine_s FROM outside) AS engine_s,
        sum(gpu_s) + (SELECT gpu_s FROM outside) AS gpu_s,
        sum(dollars) + (SELECT dollars FROM outside) AS dollars
    FROM by_generator
)
SELECT
    generator,
    traces,
    accepted,
    duplicates,
    generated / nullif(accepted, 0) AS tokens_each,
    engine_s / nullif(accepted, 0) AS seconds_each,
    gpu_s / nullif(accepted, 0) AS gpu_s_each,
    dollars / nullif(accepted, 0) AS dollars_each
FROM (SELECT *, 0 AS last FROM by_generator UNION ALL SELECT *, 1 AS last FROM everything)
ORDER BY last, tokens_each NULLS LAST, generator
