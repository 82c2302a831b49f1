-- Accepted solutions as prompt and completion turns, for TRL's SFTTrainer (conversational prompt-completion).
-- Columns: prompt list<struct<role, content>>, completion list<struct<role, content>>. The prompt is the bare statement:
-- the trainer's chat template goes around it. The completion is the steps joined as they stand, new lines at its end
-- removed. Traces that `duplicate_of` marks are left out; one row per problem and text: of copies in several runs, the one with
-- the smallest trace_id.
WITH kept AS (
    SELECT min(trace_id) AS trace_id
    FROM traces
    WHERE role = 'solution' AND outcome = 'accepted' AND duplicate_of IS NULL
    GROUP BY problem_id, text_hash
)
SELECT
    [{'role': 'user', 'content': problem.statement}] AS prompt,
    [{'role': 'assistant', 'content': rtrim(array_to_string([step.text FOR step IN steps], ''), chr(10))}] AS completion
FROM traces SEMI JOIN kept USING (trace_id)
ORDER BY trace_id
