package dev.scaling.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.scaling.cache.Cell.State;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Writes and reads the strings that stand for values in Redis. */
final class Envelope<V> {

  /*
   * Every string begins with 'S', 'C', the version of this format and its kind:
   *
   *   V  a value       kind N: the source has none, without payload
   *      4..7   schema of the application      big-endian
   *      8..11  CRC32C of the codec's id
   *      12..15 CRC32C of the key, bytes 3..11 and the payload
   *      16..   payload
   *   L  a lease       written and read by acquire.lua
   *   F  fences        written and read by fences.lua
   *
   * The key is part of the checksum, so a value that was copied to another key is not believed.
   * Whatever does not fit is unreadable, which is a miss and never an exception: another version of
   * the application may have written it, or somebody else altogether.
   */

  private static final int HEADER = 16;
  private static final int FENCE = 24;

  private final Codec<V> codec;
  private final int codecId;
  private final int schema;
  private final int maximumValueBytes;

  Envelope(Codec<V> codec, int schema, int maximumValueBytes) {
    this.codec = codec;
    this.schema = schema;
    this.maximumValueBytes = maximumValueBytes;
    var crc = new CRC32C();
    crc.update(codec.id().getBytes(UTF_8));
    codecId = (int) crc.getValue();
  }

  /**
   * Returns the string for a value, or for the lack of one.
   *
   * @throws IllegalArgumentException if the codec fails or the value is too large
   */
  byte[] write(String key, @Nullable V value) {
    byte[] payload = value == null ? new byte[0] : encoded(value);
    if (payload.length > maximumValueBytes) {
      throw new IllegalArgumentException(
          "value has " + payload.length + " bytes, maximumValueBytes is " + maximumValueBytes);
    }
    var cell = ByteBuffer.allocate(HEADER + payload.length);
    cell.put((byte) 'S').put((byte) 'C').put((byte) '1').put((byte) (value == null ? 'N' : 'V'));
    cell.putInt(schema).putInt(codecId).putInt(0).put(payload);
    return cell.putInt(12, checksum(key, cell.array())).array();
  }

  private byte[] encoded(V value) {
    byte[] payload;
    try {
      payload = codec.encode(value);
    } catch (Throwable e) { // of an error too, as of a missing class, the caller has to hear
      throw new IllegalArgumentException("the codec failed with " + e.getClass().getName(), e);
    }
    if (payload == null) {
      throw new IllegalArgumentException("the codec returned null");
    }
    return payload;
  }

  Cell<V> read(String key, byte @Nullable [] cell) {
    if (cell == null) {
      return Cell.of(State.ABSENT);
    }
    if (cell.length < 4 || cell[0] != 'S' || cell[1] != 'C' || cell[2] != '1') {
      return Cell.of(State.UNREADABLE);
    }
    return switch (cell[3]) {
      case 'V', 'N' -> readHeld(key, cell);
      case 'L' -> Cell.of(State.LEASED);
      case 'F' ->
        Cell.of(cell.length > 4 && cell.length % FENCE == 4 ? State.FENCED : State.UNREADABLE);
      default -> Cell.of(State.UNREADABLE);
    };
  }

  private Cell<V> readHeld(String key, byte[] cell) {
    int payload = cell.length - HEADER;
    var header = ByteBuffer.wrap(cell);
    if (payload < 0
        || payload > maximumValueBytes
        || header.getInt(4) != schema
        || header.getInt(8) != codecId
        || header.getInt(12) != checksum(key, cell)) {
      return Cell.of(State.UNREADABLE);
    }
    if (cell[3] == 'N') {
      return Cell.of(State.NEGATIVE);
    }
    try {
      V value = codec.decode(Arrays.copyOfRange(cell, HEADER, cell.length));
      return value == null ? Cell.of(State.UNREADABLE) : new Cell<>(State.VALUE, value);
    } catch (Throwable e) { // the bytes may nest too deeply, or ask for too much memory
      return Cell.of(State.UNREADABLE);
    }
  }

  private static int checksum(String key, byte[] cell) {
    var crc = new CRC32C();
    crc.update(key.getBytes(UTF_8));
    crc.update(cell, 3, 9);
    crc.update(cell, HEADER, cell.length - HEADER);
    return (int) crc.getValue();
  }
}
