"""Every word a person reads: functions from facts to wishes, without effects."""
