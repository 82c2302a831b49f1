-- Step labels as chat turns ("+" or "-" as the assistant), for a process reward model trained by any SFT trainer.
-- Column: messages list<struct<role, content>> (RLHFlow's form): user = problem, blank line, first step; assistant = its
-- label; user = second step; and so on. Train on the assistant's turns only. The label is `hard` of the view `steps`:
-- some decided rollout from this prefix was accepted, seen or implied; the last step has the trace's own verdict.
-- A trace is cut before its first step without a label, and left out where that is its first step: later labels would
-- follow a turn nobody answered. Steps after a "-" stay, with their own labels. New lines at a step's end are removed.
-- Traces that `duplicate_of` marks are left out; one row per problem and text: of copies in several runs, the one with most
-- decided rollouts, then the smallest trace_id.
WITH decided AS (
    SELECT trace_id, sum(n_rollouts - n_undecided) AS n_decided
    FROM steps
    WHERE role = 'solution'
    GROUP BY trace_id
    HAVING bool_or(step_index = 0 AND hard IS NOT NULL)
),
kept AS (
    SELECT arg_min(trace_id, {'most': -n_decided, 'then': trace_id}) AS trace_id
    FROM traces JOIN decided USING (trace_id)
    WHERE duplicate_of IS NULL
    GROUP BY problem_id, text_hash
),
cut AS (
    SELECT trace_id, min(step_index) AS cut_at FROM steps WHERE hard IS NULL GROUP BY trace_id
),
turns AS (
    SELECT
        trace_id,
        flatten(list([
            {'role': 'user', 'content': rtrim(text, chr(10))},
            {'role': 'assistant', 'content': CASE WHEN hard THEN '+' ELSE '-' END}
        ] ORDER BY step_index)) AS messages
    FROM steps SEMI JOIN kept USING (trace_id) LEFT JOIN cut USING (trace_id)
    WHERE cut_at IS NULL OR step_index < cut_at
    GROUP BY trace_id
)
SELECT
    [{'role': 'user', 'content': problem.statement || chr(10) || chr(10) || messages[1].content}] || messages[2:] AS messages
FROM turns JOIN traces USING (trace_id)
ORDER BY trace_id
