"""The record room: patients, visits, timeline, outcome, diary."""
