-- How many traces repeat another of the same problem word for word?
WITH texts AS (
    SELECT generator, family, problem_id, text_hash, count(*) AS copies
    FROM traces
    GROUP BY generator, family, problem_id, text_hash
)
SELECT
    generator,
    family,
    sum(copies)::BIGINT AS traces,
    count(*) AS distinct_texts,
    1 - count(*) / sum(copies) AS duplicate_share,
    max(copies) AS most_copies
FROM texts
GROUP BY generator, family
ORDER BY duplicate_share DESC, generator, family
