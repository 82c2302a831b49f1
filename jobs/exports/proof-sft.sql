-- Formal proofs and their prose in both directions, and failed attempts with their repair, for any SFT trainer.
-- Columns: kind, `to_prose`, `to_formal` or `repair`; messages list<struct<role, content>>. to_prose: user = the statement, a blank
-- line and the proof, assistant = a translation that is faithful. to_formal: user = the statement, a blank line and a faithful
-- translation, assistant = the verified proof that it tells. repair: user = the statement, a blank line and the prose up to a
-- tactic that Lean refused, that one with the reason why it fails included; assistant = the rest of the proof in prose, a blank
-- line and the whole verified proof. New lines at the end of a text are removed. What is misstated or unfaithful, and the
-- controls, are left out, and prose that `duplicate_of` marks. One row per kind, theorem, proof and prose: of copies in several
-- runs, the one with the smallest trace_id.
WITH told AS (
    SELECT
        t.trace_id,
        t.role,
        t.problem_id,
        t.problem.statement AS statement,
        rtrim(array_to_string([step.text FOR step IN p.steps], ''), chr(10)) AS proof,
        rtrim(array_to_string(
            [step.text FOR step IN t.steps IF t.role = 'translation' OR step.action IS DISTINCT FROM 'repair'], ''
        ), chr(10)) AS prose,
        rtrim(array_to_string([step.text FOR step IN t.steps IF step.action = 'repair'], ''), chr(10)) AS rest
    FROM traces AS t
    JOIN traces AS p ON t.parent_trace_id = p.trace_id
    WHERE t.generator = 'proof_to_language' AND t.role IN ('translation', 'revision')
        AND t.outcome = 'accepted' AND p.outcome = 'accepted' AND t.duplicate_of IS NULL
),
kept AS (
    SELECT * FROM told
    QUALIFY row_number() OVER (PARTITION BY role, problem_id, proof, prose ORDER BY trace_id) = 1
),
turns AS (
    SELECT trace_id, 1 AS place, 'to_prose' AS kind, statement || chr(10) || chr(10) || proof AS asked, prose AS said
    FROM kept WHERE role = 'translation'
    UNION ALL
    SELECT trace_id, 2, 'to_formal', statement || chr(10) || chr(10) || prose, proof FROM kept WHERE role = 'translation'
    UNION ALL
    SELECT trace_id, 3, 'repair', statement || chr(10) || chr(10) || prose, rest || chr(10) || chr(10) || proof
    FROM kept WHERE role = 'revision'
)
SELECT
    kind,
    [{'role': 'user', 'content': asked}, {'role': 'assistant', 'content': said}] AS messages
FROM turns
ORDER BY trace_id, place
