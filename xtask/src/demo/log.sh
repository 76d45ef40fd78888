# A program that writes coloured lines for some seconds, then rests with its cursor hidden.
printf '\033[?25l'
lines=$(($1 * 10))
line=0
while [ "$line" -lt "$lines" ]; do
    line=$((line + 1))
    colour=$((91 + line % 6))
    printf '\033[%dm%05d\033[0m  request \033[1m%08x\033[0m  answered in \033[%dm%3d ms\033[0m\n' \
        "$colour" "$line" $((line * 2654435761 % 4294967296)) "$colour" $((line * 37 % 100))
    sleep 0.1
done
printf '\033[1;32mfinished: %d requests\033[0m\n' "$lines"
exec cat
