-- Which problems are failed most often from the bare question?
-- A problem of several runs counts once, with the rollouts of all of them.
SELECT
    problem_id,
    family,
    sum(root_correct)::BIGINT AS correct,
    sum(root_n)::BIGINT AS rollouts,
    sum(root_correct) / sum(root_n) AS root,
    statement
FROM problems
GROUP BY problem_id, family, statement
HAVING sum(root_n) > 0
ORDER BY root, rollouts DESC, problem_id
LIMIT 20
