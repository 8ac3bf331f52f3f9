# The commands that the README shows, in the same order, as `tour.rs` runs them: each line that
# begins with `lode` is one of its. Paths are relative here, and a folder stands for the bucket.
# Before it runs, there are a volume of a device in media/card and the Parquet files 2026-01.parquet
# and 2026-02.parquet. Whatever a command needs beside that is made before it.
set -eu
mkdir data backup cloud for-go released

head -c 3000000 /dev/urandom > disk.img
# What a crash has left: two pieces of it have been committed.
head -c 1000 disk.img > piece
  lode put data volumes/disk-image piece --length 3000000
tail -c +2000001 disk.img | head -c 1000 > piece
  lode put data volumes/disk-image piece --at 2000000

lode put data volumes/disk-image disk.img
lode gaps data volumes/disk-image
lode get data volumes/disk-image -o copy.img
cmp disk.img copy.img
lode map data volumes/disk-image
lode log data volumes/disk-image
lode stat data volumes/disk-image
lode diff data volumes/disk-image 1 3

lode sync media/card volumes/logger-7 cloud --layout device
lode sync data volumes/disk-image backup
lode sync data volumes/disk-image backup --snapshots all
lode sync data volumes/disk-image for-go --format json
  lode get backup volumes/disk-image -o copy.img
cmp disk.img copy.img

head -c 100000 disk.img > weights.bin
for day in 1 2 3; do
    printf '{"day":"2026-01-0%s","region":"eu","n":%s}\n' "$day" "$day" > "day-$day.jsonl"
done

lode write data datasets/models weights.bin --compress zstd --meta epoch=3
lode write data datasets/events *.jsonl --codec jsonl --partition-by day,region
lode write data datasets/rides 2026-*.parquet --codec parquet
lode read data datasets/events --partition day=2026-01-01
lode sync data datasets/events cloud
lode sync data datasets/models released --snapshots 1

lode probe cloud
lode uploads cloud --abort

for day in 1 2 3 1 2 3; do
      lode write data datasets/events "day-$day.jsonl" --codec jsonl --partition-by day,region
done

lode verify data
lode verify data volumes/disk-image --data --bandwidth 50MiB
lode repair data volumes/disk-image

lode gc data datasets/events --keep 10 --keep-within 30d --dry-run
lode gc data datasets/events --keep 10 --keep-within 30d
lode tag data datasets/events paper-v2 7
lode tags data datasets/events
lode untag data datasets/events paper-v2
lode hold data volumes/disk-image 3 --for 3d
