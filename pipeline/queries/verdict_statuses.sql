-- What did the verifiers say, in their own words?
SELECT
    verifier,
    verifier_version AS version,
    outcome,
    status,
    count(*) AS traces,
    count(*) / sum(count(*)) OVER (PARTITION BY verifier, version) AS of_verifier,
    min(reason) AS for_example
FROM traces
GROUP BY verifier, version, outcome, status
ORDER BY verifier, version, traces DESC, status
