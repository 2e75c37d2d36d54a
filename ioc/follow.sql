-- name: all_devices
-- Every device as last kept; the self-probe is none.
SELECT address, admission, name, maker, model, fw, lat, lon, area, gateway, interval_s, metrics, commands,
       state, state_reason, heard_at, latest
FROM device WHERE address NOT LIKE '%/indicator/self-probe'
