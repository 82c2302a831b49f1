-- Which policy wrote how many traces, and how many are right?
-- duplicates: of the traces, those that repeat another of their problem.
SELECT
    policy.model AS writer,
    policy.engine AS engine,
    policy.temperature AS temperature,
    count(*) AS traces,
    count(duplicate_of) AS duplicates,
    count(*) FILTER (outcome = 'accepted') AS accepted,
    avg((outcome = 'accepted')::INT) FILTER (outcome <> 'undecided') AS pass_at_1,
    string_agg(DISTINCT completer.model, ', ' ORDER BY completer.model) AS completers,
    sum(cost.dollars) AS dollars
FROM traces
GROUP BY ALL
ORDER BY traces DESC, writer, engine, temperature
