package dev.scaling.core.telemetry;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.DoubleSupplier;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The instruments of one component.
 *
 * <p>Every instrument but those of durations reads, when it is collected, counters that the
 * component keeps anyway: the component's hot paths never call OpenTelemetry. Attributes are built
 * once, and never hold a key.
 */
public final class Telemetry implements AutoCloseable {

  private static final String SCHEMA_URL = "https://opentelemetry.io/schemas/1.37.0";
  private static final AttributeKey<String> COMPONENT =
      AttributeKey.stringKey("scaling.component.name");

  private final boolean isOn;
  private final Meter meter;
  private final Attributes component;
  private final List<AutoCloseable> instruments = new CopyOnWriteArrayList<>();

  /**
   * Creates the instruments' scope.
   *
   * @param openTelemetry where they go; {@code null} for the global instance as it is now
   * @param module the artifact's name, such as {@code scaling-cache}
   * @param component the name that the user gave the component
   */
  public Telemetry(@Nullable OpenTelemetry openTelemetry, String module, String component) {
    var target = openTelemetry == null ? GlobalOpenTelemetry.getOrNoop() : openTelemetry;
    isOn = target != OpenTelemetry.noop();
    var builder = target.meterBuilder("dev.scaling." + module).setSchemaUrl(SCHEMA_URL);
    String version = Telemetry.class.getPackage().getImplementationVersion();
    meter = (version == null ? builder : builder.setInstrumentationVersion(version)).build();
    this.component = Attributes.of(COMPONENT, component);
  }

  /** Returns whether anybody may listen: if not, what is only for telemetry can be left out. */
  public boolean isOn() {
    return isOn;
  }

  /** Returns the attributes that every series has, and every event should. */
  public Attributes component() {
    return component;
  }

  /** Adds a counter: {@code unit} such as <code>{request}</code>. */
  public void counter(String name, String unit, String description, Series... series) {
    var all = complete(series);
    instruments.add(meter
        .counterBuilder(name)
        .setUnit(unit)
        .setDescription(description)
        .buildWithCallback(measurement ->
            all.forEach(one -> measurement.record(one.value.getAsLong(), one.attributes))));
  }

  /** Adds a number that goes up and down. */
  public void upDownCounter(String name, String unit, String description, Series... series) {
    var all = complete(series);
    instruments.add(meter
        .upDownCounterBuilder(name)
        .setUnit(unit)
        .setDescription(description)
        .buildWithCallback(measurement ->
            all.forEach(one -> measurement.record(one.value.getAsLong(), one.attributes))));
  }

  /** Adds a number that is what it is at a moment, and is not summed up. */
  public void gauge(String name, String unit, String description, DoubleSupplier value) {
    instruments.add(meter
        .gaugeBuilder(name)
        .setUnit(unit)
        .setDescription(description)
        .buildWithCallback(measurement -> measurement.record(value.getAsDouble(), component)));
  }

  /**
   * Adds one series of a histogram of durations, which is told and not read: for what goes over the
   * network anyway. OpenTelemetry has no way to unregister it; it stays as it was told last.
   *
   * @param boundsSeconds the upper bounds of its buckets, the same in all series of a name
   * @param attributes what tells it from the histogram's other series
   * @return takes a duration in nanoseconds, and records it in seconds
   */
  public LongConsumer duration(
      String name, String description, List<Double> boundsSeconds, Map<String, String> attributes) {
    var all = with(attributes);
    var histogram = meter
        .histogramBuilder(name)
        .setUnit("s")
        .setDescription(description)
        .setExplicitBucketBoundariesAdvice(boundsSeconds)
        .build();
    return nanos -> histogram.record(nanos / 1e9, all);
  }

  /** Unregisters the instruments but durations. Does nothing the second time. */
  @Override
  public void close() {
    for (AutoCloseable instrument : instruments) {
      try {
        instrument.close();
      } catch (Exception e) {
        throw new IllegalStateException("an instrument's close is specified not to throw", e);
      }
    }
    instruments.clear();
  }

  private List<Complete> complete(Series... series) {
    return Stream.of(series)
        .map(one -> new Complete(with(one.attributes), one.value))
        .toList();
  }

  private Attributes with(Map<String, String> attributes) {
    var builder = component.toBuilder();
    attributes.forEach(builder::put);
    return builder.build();
  }

  /**
   * One series of an instrument.
   *
   * @param attributes what tells it from the instrument's other series
   * @param value read at each collection
   */
  public record Series(Map<String, String> attributes, LongSupplier value) {}

  private record Complete(Attributes attributes, LongSupplier value) {}
}
