"""sunfront"""
