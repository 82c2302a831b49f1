-- Where did tokens and time go?
-- probes are the tokens spent outside traces: on bare questions and on problems that were given up. They have no engine
-- time of their own in the rows.
SELECT
    generator,
    count(*) AS traces,
    sum(cost.prompt_tokens)::BIGINT AS prompt,
    sum(cost.cached_tokens) / nullif(sum(cost.prompt_tokens), 0) AS cached,
    sum(cost.generated_tokens)::BIGINT AS generated,
    sum(cost.engine_s) AS engine_s,
    sum(cost.verify_s) AS verify_s,
    sum(cost.generated_tokens) / nullif(sum(cost.engine_s), 0) AS tokens_per_s
FROM traces
GROUP BY generator
UNION ALL
SELECT
    'probes',
    0,
    sum(prompt_tokens)::BIGINT,
    sum(cached_tokens) / nullif(sum(prompt_tokens), 0),
    sum(generated_tokens)::BIGINT,
    NULL,
    NULL,
    NULL
FROM problems
HAVING count(*) > 0
ORDER BY traces DESC, generator
