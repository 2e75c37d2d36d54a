-- Making partitions waits for nobody: who reads (a backup, a long question) holds the partition that rows would move
-- out of, and every writer would queue behind the wait. Half a second, then it fails and is tried again a day later.

ALTER FUNCTION make_partitions (date, date) SET lock_timeout = '500ms';
