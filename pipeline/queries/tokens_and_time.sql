-- Where did tokens and time go?
-- probes are what was spent outside traces: on bare questions and on problems that were given up.
SELECT
    generator,
    count(*) AS traces,
    sum(cost.prompt_tokens)::BIGINT AS prompt,
    sum(cost.cached_tokens) / nullif(sum(cost.prompt_tokens), 0) AS cached,
    sum(cost.generated_tokens)::BIGINT AS generated,
    sum(cost.engine_s) AS engine_s,
    coalesce(sum(cost.gpu_s), 0) AS gpu_s,
    sum(cost.verify_s) AS verify_s,
    sum(cost.generated_tokens) / nullif(sum(cost.engine_s), 0) AS tokens_per_s,
    sum(cost.dollars) AS dollars
FROM traces
GROUP BY generator
UNION ALL
SELECT
    'probes',
    0,
    sum(prompt_tokens)::BIGINT,
    sum(cached_tokens) / nullif(sum(prompt_tokens), 0),
    sum(generated_tokens)::BIGINT,
    sum(engine_s),
    coalesce(sum(gpu_s), 0),
    NULL,
    sum(generated_tokens) / nullif(sum(engine_s), 0),
    sum(dollars)
FROM problems
HAVING count(*) > 0
ORDER BY traces DESC, generator
