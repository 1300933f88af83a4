"""The simulated parties: do they speak the published formats, do they do as they are told?"""
