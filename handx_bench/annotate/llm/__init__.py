"""Texts of a clip from a language model, through any chat endpoint that speaks the OpenAI protocol.

One clip is one conversation (:mod:`.conversation`): the model gets the motion codes as JSON and answers with five
variants of three texts; what does not fit the form is asked for again, and what contradicts the motion is given back
once with the contradictions named. A call that failed never becomes a text.
"""
