-- Which families of problems are easy, which are hard?
-- root is the pass rate from the bare question; acceptance is that of the traces that were kept as rows.
WITH root AS (
    SELECT domain, family, count(*) AS problems, sum(root_correct) / nullif(sum(root_n), 0) AS root
    FROM problems
    GROUP BY domain, family
),
kept AS (
    SELECT
        domain,
        family,
        count(*) AS traces,
        count(*) FILTER (outcome = 'accepted') AS accepted,
        count(*) FILTER (outcome = 'undecided') AS undecided,
        avg((outcome = 'accepted')::INT) FILTER (outcome <> 'undecided') AS acceptance
    FROM traces
    GROUP BY domain, family
)
SELECT domain, family, problems, root, traces, accepted, undecided, acceptance
FROM root FULL JOIN kept USING (domain, family)
ORDER BY acceptance DESC NULLS LAST, domain, family
