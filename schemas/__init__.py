"""What a row is: Arrow schemas with their frozen views, protocols, ids, seeds and errors.

Imports nothing else of the project.
"""
