-- Questions about programs as conversations of two or four turns, for any SFT trainer (CodeI/O++, arXiv 2502.07316): a first
-- try and, where it was wrong and revised, what execution says to it and the revision.
-- Columns: task, output or input; messages list<struct<role, content>>: user = the bare statement, assistant = the try, user =
-- the feedback, assistant = the revision, each with new lines at its end removed; accepted, whether the last turn is right.
-- Conversations that end wrong are flagged, not left out; ones whose last turn could not be judged are left out.
-- First tries that `duplicate_of` marks are left out; one row per problem and first try: of copies in several runs, the one that
-- was revised, then the one with the smallest trace_id.
WITH conversations AS (
    SELECT t.*, r.steps AS revision, coalesce(r.outcome, t.outcome) AS ended
    FROM traces AS t
    LEFT JOIN (FROM traces WHERE generator = 'code_io' AND role = 'revision') AS r ON r.parent_trace_id = t.trace_id
    WHERE t.generator = 'code_io' AND t.role = 'solution' AND t.duplicate_of IS NULL
),
kept AS (
    SELECT arg_min(trace_id, {'first': revision IS NULL, 'then': trace_id}) AS trace_id
    FROM conversations
    WHERE ended <> 'undecided'
    GROUP BY problem_id, text_hash
),
turns AS (
    SELECT
        trace_id,
        problem.task AS task,
        ended = 'accepted' AS accepted,
        [problem.statement, array_to_string([step.text FOR step IN steps], '')]
        || CASE WHEN revision IS NULL THEN [] ELSE [reason, array_to_string([step.text FOR step IN revision], '')] END
        AS texts
    FROM conversations SEMI JOIN kept USING (trace_id)
)
SELECT
    task,
    [
        {'role': CASE WHEN place % 2 = 1 THEN 'user' ELSE 'assistant' END, 'content': rtrim(text, chr(10))}
        FOR text, place IN texts
    ] AS messages,
    accepted
FROM turns
ORDER BY trace_id
