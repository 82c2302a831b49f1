-- Which families of problems are easy, which are hard?
-- root is the pass rate from the bare question; acceptance is that of the traces that were kept as rows. duplicates: of the
-- traces, those that repeat another of their problem.
WITH root AS (
    SELECT domain, family, task, count(*) AS problems, sum(root_correct) / nullif(sum(root_n), 0) AS root
    FROM problems
    GROUP BY domain, family, task
),
kept AS (
    SELECT
        domain,
        family,
        problem.task AS task,
        count(*) AS traces,
        count(duplicate_of) AS duplicates,
        count(*) FILTER (outcome = 'accepted') AS accepted,
        count(*) FILTER (outcome = 'undecided') AS undecided,
        avg((outcome = 'accepted')::INT) FILTER (outcome <> 'undecided') AS acceptance
    FROM traces
    GROUP BY ALL
)
SELECT domain, family, task, problems, root, traces, duplicates, accepted, undecided, acceptance
FROM root FULL JOIN kept USING (domain, family, task)
ORDER BY acceptance DESC NULLS LAST, domain, family, task
