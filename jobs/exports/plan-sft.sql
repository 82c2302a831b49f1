-- Reasoning that leads to a program, and a program it led to, for TRL's SFTTrainer (conversational prompt-completion).
-- Columns: prompt list<struct<role, content>>, completion list<struct<role, content>>. The prompt is the bare statement. The
-- completion is the reasoning, a blank line, and the first program that was written from the whole of it by somebody who had
-- nothing else and that passed the tests, fenced as Python. Only reasoning that is sufficient and quotes no code: what was
-- refused and the controls are rejected. Traces that `duplicate_of` marks are left out; one row per problem and reasoning: of
-- copies in several runs, the one with the smallest trace_id.
WITH kept AS (
    SELECT min(trace_id) AS trace_id
    FROM traces
    WHERE role = 'plan' AND outcome = 'accepted' AND duplicate_of IS NULL
    GROUP BY problem_id, text_hash
),
written AS (
    SELECT trace_id, arg_min(answer, rollout_index) AS program
    FROM rollouts SEMI JOIN kept USING (trace_id)
    JOIN (SELECT trace_id, len(steps) - 1 AS step_index FROM traces) USING (trace_id, step_index)
    WHERE outcome = 'accepted' AND answer IS NOT NULL
    GROUP BY trace_id
)
SELECT
    [{'role': 'user', 'content': problem.statement}] AS prompt,
    [{
        'role': 'assistant',
        'content': trim(array_to_string([step.text FOR step IN steps], ''), chr(10) || ' ')
            || chr(10) || chr(10) || '```python' || chr(10) || rtrim(program, chr(10) || ' ') || chr(10) || '```'
    }] AS completion
FROM traces JOIN written USING (trace_id)
ORDER BY trace_id
