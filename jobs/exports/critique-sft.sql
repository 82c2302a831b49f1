-- Programs with a planted bug, and controls without one, each with a review, for any SFT trainer (CriticGPT, arXiv 2407.00215).
-- Columns: messages list<struct<role, content>>: user = the statement, a blank line and the program, assistant = the review, new
-- lines at its end removed; accepted, whether it names the bug and nothing else; reference, whether it was written from what is
-- known and not by a model. Reviews that miss the bug or raise a false alarm are flagged, not left out.
-- Reviews that `duplicate_of` marks are left out; one row per program and review: of copies in several runs, the reference, then
-- the one with the smallest trace_id.
WITH reviews AS (
    SELECT
        r.trace_id,
        r.outcome = 'accepted' AS accepted,
        r.policy.engine = 'reference' AS reference,
        [
            p.problem.statement || chr(10) || chr(10) || array_to_string([step.text FOR step IN p.steps], ''),
            array_to_string([step.text FOR step IN r.steps], '')
        ] AS texts,
        row_number() OVER (
            PARTITION BY r.problem_id, p.text_hash, r.text_hash ORDER BY r.policy.engine <> 'reference', r.trace_id
        ) AS copy
    FROM traces AS r
    JOIN traces AS p ON r.parent_trace_id = p.trace_id
    WHERE r.generator = 'critique' AND r.role = 'critique' AND r.outcome <> 'undecided'
        AND r.duplicate_of IS NULL
)
SELECT
    [
        {'role': CASE WHEN place % 2 = 1 THEN 'user' ELSE 'assistant' END, 'content': rtrim(text, chr(10))}
        FOR text, place IN texts
    ] AS messages,
    accepted,
    reference
FROM reviews
WHERE copy = 1
ORDER BY trace_id
