-- How often does each generator reach a right answer?
-- A generator that writes traces of several roles, or for several tasks, has a row for each. acceptance leaves undecided
-- traces out: they are the verifier's failures, not the generator's. duplicates: of the traces, those that repeat another of
-- their problem; each was sampled, so each counts in every share.
SELECT
    generator,
    generator_version AS version,
    problem.task AS task,
    role,
    count(*) AS traces,
    count(duplicate_of) AS duplicates,
    count(*) FILTER (outcome = 'accepted') AS accepted,
    count(*) FILTER (outcome = 'rejected') AS rejected,
    count(*) FILTER (outcome = 'undecided') AS undecided,
    avg((outcome = 'accepted')::INT) FILTER (outcome <> 'undecided') AS acceptance
FROM traces
GROUP BY ALL
ORDER BY acceptance DESC NULLS LAST, generator, version, task, role
