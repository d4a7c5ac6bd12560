package dev.scaling.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.scaling.cache.Cell.State;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Strings of all kinds are values or misses, and never exceptions. */
@Timeout(120)
final class EnvelopeTest {

  private static final String KEY = "scaling:things:e:1:{k}";
  private static final int MOST = 1_000;

  private final Envelope<String> envelope = new Envelope<>(Codec.strings(), 7, MOST);

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "grün 🌱"})
  void value_isReadBackAsItWas(String value) {
    var cell = envelope.read(KEY, envelope.write(KEY, value));

    assertThat(cell).isEqualTo(new Cell<>(State.VALUE, value));
  }

  @Test
  void lackOfAValue_isReadBack() {
    assertThat(envelope.read(KEY, envelope.write(KEY, null)).state()).isEqualTo(State.NEGATIVE);
    assertThat(envelope.read(KEY, null).state()).isEqualTo(State.ABSENT);
  }

  @Test
  void header_hasTheDocumentedForm() {
    var bytes = envelope.write(KEY, "abc");

    assertThat(bytes)
        .hasSize(16 + 3)
        .startsWith('S', 'C', '1', 'V', 0, 0, 0, 7)
        .endsWith("abc".getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 7, 8, 11, 12, 15, 16})
  void changedByte_isAMiss(int at) {
    var bytes = envelope.write(KEY, "abc");

    bytes[at] ^= (byte) 0xFF;

    assertThat(envelope.read(KEY, bytes).isHit()).isFalse();
  }

  @Test
  void everyFlippedBit_isAMiss() {
    for (String value : new String[] {"abc", null}) {
      var whole = envelope.write(KEY, value);
      for (int bit = 0; bit < whole.length * 8; bit++) {
        var bytes = whole.clone();
        bytes[bit / 8] ^= (byte) (1 << (bit % 8));

        assertThat(envelope.read(KEY, bytes).isHit()).as("bit %d", bit).isFalse();
      }
    }
  }

  @Test
  void everyTruncation_isAMiss() {
    var whole = envelope.write(KEY, "a longer value");
    for (int length = 0; length < whole.length; length++) {
      var cell = envelope.read(KEY, Arrays.copyOf(whole, length));

      assertThat(cell.state()).as("length %d", length).isEqualTo(State.UNREADABLE);
    }
  }

  @Test
  void valueOfAnotherCell_isAMiss() {
    assertThat(envelope
            .read("scaling:things:e:1:{other}", envelope.write(KEY, "abc"))
            .state())
        .isEqualTo(State.UNREADABLE);
  }

  @Test
  void valueOfAnotherSchema_isAMiss() {
    var next = new Envelope<>(Codec.strings(), 8, MOST);

    assertThat(next.read(KEY, envelope.write(KEY, "abc")).state()).isEqualTo(State.UNREADABLE);
    assertThat(next.read(KEY, envelope.write(KEY, null)).state()).isEqualTo(State.UNREADABLE);
  }

  @Test
  void valueOfAnotherCodec_isAMiss() {
    var bytes = new Envelope<>(Codec.bytes(), 7, MOST).write(KEY, "abc".getBytes(UTF_8));

    assertThat(envelope.read(KEY, bytes).state()).isEqualTo(State.UNREADABLE);
  }

  @Test
  void valueThatIsTooLarge_isRefusedOnTheWayInAndAMissOnTheWayOut() {
    var wide = new Envelope<>(Codec.strings(), 7, MOST + 1).write(KEY, "x".repeat(MOST + 1));

    assertThat(envelope.read(KEY, wide).state()).isEqualTo(State.UNREADABLE);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> envelope.write(KEY, "x".repeat(MOST + 1)))
        .withMessage("value has 1001 bytes, maximumValueBytes is 1000");
  }

  @Test
  void leaseAndFence_areToldApartFromWhatMerelyBeginsLikeAFence() {
    assertThat(envelope.read(KEY, sized("SC1L0", 21)).state()).isEqualTo(State.LEASED);
    assertThat(envelope.read(KEY, sized("SC1F", 4 + 24)).state()).isEqualTo(State.FENCED);
    assertThat(envelope.read(KEY, sized("SC1F", 4 + 48)).state()).isEqualTo(State.FENCED);
    assertThat(envelope.read(KEY, sized("SC1F", 4)).state()).isEqualTo(State.UNREADABLE);
    assertThat(envelope.read(KEY, sized("SC1F", 4 + 25)).state()).isEqualTo(State.UNREADABLE);
  }

  @Test
  void randomBytes_areNeverAValueAndNeverAnException() {
    long seed = new Random().nextLong();
    System.out.println("EnvelopeTest seed " + seed);
    var random = new Random(seed);
    for (int i = 0; i < 50_000; i++) {
      var bytes = new byte[random.nextInt(64)];
      random.nextBytes(bytes);
      if (random.nextBoolean()) { // past the magic, into the branches
        System.arraycopy("SC1V".getBytes(UTF_8), 0, bytes, 0, Math.min(4, bytes.length));
      }

      assertThat(envelope.read(KEY, bytes).isHit())
          .as("seed %d, round %d", seed, i)
          .isFalse();
    }
  }

  @Test
  void codecThatFailsToDecode_isAMiss() {
    assertThat(decodedBy(bytes -> {
          throw new IllegalStateException("no");
        }))
        .isEqualTo(State.UNREADABLE);
    assertThat(decodedBy(bytes -> {
          throw new StackOverflowError();
        }))
        .isEqualTo(State.UNREADABLE);
    assertThat(decodedBy(bytes -> {
          throw new NoClassDefFoundError("gone");
        }))
        .isEqualTo(State.UNREADABLE);
  }

  @Test
  void codecThatDecodesToNull_isAMiss() {
    assertThat(decodedBy(BadCodecs::none)).isEqualTo(State.UNREADABLE);
  }

  private static State decodedBy(Function<byte[], String> decode) {
    var failing = new Envelope<>(BadCodecs.of(text -> text.getBytes(UTF_8), decode), 7, MOST);
    return failing.read(KEY, failing.write(KEY, "abc")).state();
  }

  private static byte[] sized(String start, int length) {
    return Arrays.copyOf(start.getBytes(UTF_8), length);
  }
}
