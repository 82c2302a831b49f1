-- How often does each generator reach a right answer?
-- acceptance leaves undecided traces out: they are the verifier's failures, not the generator's.
SELECT
    generator,
    generator_version AS version,
    count(*) AS traces,
    count(*) FILTER (outcome = 'accepted') AS accepted,
    count(*) FILTER (outcome = 'rejected') AS rejected,
    count(*) FILTER (outcome = 'undecided') AS undecided,
    avg((outcome = 'accepted')::INT) FILTER (outcome <> 'undecided') AS acceptance
FROM traces
GROUP BY generator, version
ORDER BY acceptance DESC NULLS LAST, generator, version
