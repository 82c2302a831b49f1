-- How many traces repeat another of the same problem?
-- word_for_word counts those whose text is there already, in any run; near those that `duplicate_of` marks, which may differ in
-- white space, case and a word in fifty, and stand in one run (pipeline/near_duplicates.py). kept is what exports train on.
WITH texts AS (
    SELECT
        generator,
        family,
        row_number() OVER (PARTITION BY generator, family, problem_id, text_hash) > 1 AS again,
        count(*) OVER (PARTITION BY generator, family, problem_id, text_hash) AS copies,
        duplicate_of
    FROM traces
)
SELECT
    generator,
    family,
    count(*) AS traces,
    count(*) FILTER (again) AS word_for_word,
    count(duplicate_of) AS near,
    count(*) - count(duplicate_of) AS kept,
    count(duplicate_of) / count(*) AS near_share,
    max(copies) AS most_copies
FROM texts
GROUP BY generator, family
ORDER BY near_share DESC, word_for_word DESC, generator, family
