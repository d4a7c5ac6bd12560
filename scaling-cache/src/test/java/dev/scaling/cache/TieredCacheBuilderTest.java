package dev.scaling.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.scaling.core.redis.Redis;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every setting says its name, its range and the value when it is wrong, and its default in words.
 */
@Timeout(60)
final class TieredCacheBuilderTest {

  private static final Redis NO_REDIS = (Redis) Proxy.newProxyInstance(
      Redis.class.getClassLoader(), new Class<?>[] {Redis.class}, (proxy, method, args) -> {
        throw new AssertionError("no call to Redis is expected here");
      });

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{a}",
        "a b",
        "a\nb",
        "ä",
        "-a",
        "a:b",
        "a\u0000b",
        "x23456789-123456789-123456789-123456789-123456789-123456789-12345"
      })
  void namesAndPrefixesOfAnotherForm_areRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TieredCache.builder(name, NO_REDIS, KeyCodec.strings(), Codec.strings()))
        .withMessageStartingWith(
            "name must be 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit: \"")
        .matches(e -> e.getMessage().chars().noneMatch(Character::isISOControl));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().prefix(name))
        .withMessageStartingWith("prefix must be 1 to 64 of ");
  }

  @ParameterizedTest
  @MethodSource
  void valuesOutsideTheirRange(
      String message, Consumer<TieredCacheBuilder<String, String>> setter) {
    var builder = builder();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> setter.accept(builder))
        .withMessage(message);
  }

  static Stream<Arguments> valuesOutsideTheirRange() {
    var millisecond = Duration.ofMillis(1);
    return Stream.of(
        outside("ttl must be in [PT0.001S, PT8760H]: PT0S", b -> b.ttl(Duration.ZERO)),
        outside("ttl must be in [PT0.001S, PT8760H]: PT-1S", b -> b.ttl(Duration.ofSeconds(-1))),
        outside(
            "ttl must be in [PT0.001S, PT8760H]: PT0.000999999S",
            b -> b.ttl(millisecond.minusNanos(1))),
        outside("ttl must be in [PT0.001S, PT8760H]: PT8784H", b -> b.ttl(Duration.ofDays(366))),
        outside(
            "negativeTtl must be in [PT0.001S, PT8760H]: PT0S", b -> b.negativeTtl(Duration.ZERO)),
        outside(
            "negativeTtl must be in [PT0.001S, PT8760H]: PT-1S",
            b -> b.negativeTtl(Duration.ofSeconds(-1))),
        outside("jitterRatio must be in [0, 0.9]: -0.1", b -> b.jitterRatio(-0.1)),
        outside("jitterRatio must be in [0, 0.9]: 0.91", b -> b.jitterRatio(0.91)),
        outside("jitterRatio must be in [0, 0.9]: NaN", b -> b.jitterRatio(Double.NaN)),
        outside("schema must be in [0, 2147483647]: -1", b -> b.schema(-1)),
        outside("maximumValueBytes must be in [1, 536870000]: 0", b -> b.maximumValueBytes(0)),
        outside(
            "maximumValueBytes must be in [1, 536870000]: 536870001",
            b -> b.maximumValueBytes(536_870_001)),
        outside("lease must be in [PT0.05S, PT1M]: PT0.049S", b -> b.lease(Duration.ofMillis(49))),
        outside("lease must be in [PT0.05S, PT1M]: PT1M1S", b -> b.lease(Duration.ofSeconds(61))),
        outside("fence must be in [PT0.1S, PT10M]: PT0.099S", b -> b.fence(Duration.ofMillis(99))),
        outside("fence must be in [PT0.1S, PT10M]: PT10M1S", b -> b.fence(Duration.ofSeconds(601))),
        outside("loadTimeout must be in [PT0.001S, PT1H]: PT0S", b -> b.loadTimeout(Duration.ZERO)),
        outside(
            "loadTimeout must be in [PT0.001S, PT1H]: PT1H1S",
            b -> b.loadTimeout(Duration.ofSeconds(3_601))),
        outside(
            "redisTimeout must be in [PT0.001S, PT1M]: PT0S", b -> b.redisTimeout(Duration.ZERO)),
        outside(
            "redisTimeout must be in [PT0.001S, PT1M]: PT1M1S",
            b -> b.redisTimeout(Duration.ofSeconds(61))),
        outside(
            "local.maximumEntries must be in [1, 1000000000]: 0",
            b -> b.local(l -> l.maximumEntries(0))),
        outside(
            "local.maximumWeight must be in [1, 4611686018427387904]: 0",
            b -> b.local(l -> l.maximumWeight(0, (k, v) -> 1))),
        outside(
            "local.ttl must be in [PT0.001S, PT8760H]: PT0S",
            b -> b.local(l -> l.ttl(Duration.ZERO))));
  }

  @ParameterizedTest
  @MethodSource
  @SuppressWarnings("NullAway") // nulls are the point
  void nullSettings(String name, Consumer<TieredCacheBuilder<String, String>> setter) {
    var builder = builder();

    assertThatNullPointerException().isThrownBy(() -> setter.accept(builder)).withMessage(name);
  }

  @SuppressWarnings("NullAway") // nulls are the point
  static Stream<Arguments> nullSettings() {
    return Stream.of(
        outside("ttl", b -> b.ttl(null)),
        outside("negativeTtl", b -> b.negativeTtl(null)),
        outside("lease", b -> b.lease(null)),
        outside("fence", b -> b.fence(null)),
        outside("loadTimeout", b -> b.loadTimeout(null)),
        outside("redisTimeout", b -> b.redisTimeout(null)),
        outside("prefix", b -> b.prefix(null)),
        outside("executor", b -> b.executor(null)),
        outside("time", b -> b.time(null)),
        outside("random", b -> b.random(null)),
        outside("openTelemetry", b -> b.openTelemetry(null)),
        outside("whenRedisFails", b -> b.whenRedisFails(null)),
        outside("settings", b -> b.local(null)),
        outside("local.ttl", b -> b.local(l -> l.ttl(null))),
        outside("weigher", b -> b.local(l -> l.maximumWeight(1, null))),
        outside("loader", b -> b.build(null)));
  }

  @Test
  void negativeTtlLongerThanTtl_isRefusedInAnyOrder() {
    var builder = builder().negativeTtl(Duration.ofMinutes(2)).ttl(Duration.ofMinutes(1));

    assertThatIllegalStateException()
        .isThrownBy(() -> builder.build(key -> ""))
        .withMessage("negativeTtl (PT2M) must not be longer than ttl (PT1M)");
  }

  @Test
  void localTtlLongerThanTtl_isRefusedInAnyOrder() {
    var builder = builder().local(l -> l.ttl(Duration.ofMinutes(2))).ttl(Duration.ofMinutes(1));

    assertThatIllegalStateException()
        .isThrownBy(() -> builder.build(key -> ""))
        .withMessage("local.ttl (PT2M) must not be longer than ttl (PT1M)");
  }

  @ParameterizedTest
  @ValueSource(classes = {TieredCacheBuilder.class, LocalSettings.class})
  void everySetter_saysWhatItIsByDefault(Class<?> type) throws IOException {
    String source = Files.readString(
        Path.of("src/main/java/dev/scaling/cache", type.getSimpleName() + ".java"));
    var setters = Arrays.stream(type.getDeclaredMethods())
        .filter(
            method -> Modifier.isPublic(method.getModifiers()) && method.getReturnType() == type)
        .map(java.lang.reflect.Method::getName)
        .filter(name -> !name.startsWith("without") && !name.equals("maximumWeight"))
        .toList();

    assertThat(setters)
        .isNotEmpty()
        .allSatisfy(name -> assertThat(javadoc(source, name)).as(name).contains("The default is"));
  }

  private static String javadoc(String source, String method) {
    int at = source.indexOf("> " + method + "(");
    assertThat(at).as(method).isPositive();
    return source
        .substring(source.lastIndexOf("/**", at), at)
        .replaceAll("\\s*\\*\\s*", " ")
        .replaceAll("\\s+", " ");
  }

  private static Arguments outside(
      String message, Consumer<TieredCacheBuilder<String, String>> setter) {
    return Arguments.of(message, setter);
  }

  private static TieredCacheBuilder<String, String> builder() {
    return TieredCache.builder("things", NO_REDIS, KeyCodec.strings(), Codec.strings());
  }
}
