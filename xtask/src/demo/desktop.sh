# The desktop of the demo, run by `tightrope-agent --exec` with DEMO (a directory) and BUSY (seconds) set.
# Nothing blinks and every program comes to rest after BUSY seconds, so that pictures can be compared.
export HOME="$DEMO/home" XDG_CONFIG_HOME="$DEMO/home/config" XDG_CACHE_HOME="$DEMO/home/cache"
export XDG_DATA_HOME="$DEMO/home/data" XDG_RUNTIME_DIR="$DEMO/home"
export LC_ALL=C.UTF-8 GSETTINGS_BACKEND=keyfile NO_AT_BRIDGE=1 GTK_OVERLAY_SCROLLING=0
export AGENT=$PPID GROUP=$$ # the processes that top shows: the agent, its X server, this desktop
cd "$HOME"

openbox &
# A window that comes while it starts may never be shown.
until xprop -root _NET_SUPPORTING_WM_CHECK | grep -q '#'; do sleep 0.05; done
hsetroot -fill "$DEMO/wallpaper-1.png"
xterm -class Processes -title "top" -fa "DejaVu Sans Mono" -fs 11 -bg '#10141c' -fg '#d8dee9' \
    -e sh -c 'sleep 1; top -d 1 -n "$BUSY" -w 100 -p "$AGENT,$(pgrep -d, -P "$AGENT"),$(pgrep -d, -g "$GROUP")"; exec cat' &
xterm -class Log -title "a coloured log" -fa "DejaVu Sans Mono" -fs 11 -bg '#1a1a1a' -fg '#cccccc' \
    -e sh "$DEMO/log.sh" "$BUSY" &
# When it is told to, it plays something, once.
{ until [ -e "$DEMO/play" ]; do sleep 0.1; done; paplay "$DEMO/melody.wav" && touch "$DEMO/played"; } &
exec mousepad --disable-server "$DEMO/notes.txt"
