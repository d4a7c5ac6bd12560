package dev.scaling.cache;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.scaling.core.internal.Checks;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Writes values as JSON by Jackson, which the application brings along: {@code jackson-databind} is
 * an optional dependency.
 *
 * <p>The type is fixed when the codec is made. Do not give it a mapper with default typing: then
 * bytes from the network would choose classes.
 */
public final class JsonCodec<V> implements Codec<V> {

  private final ObjectReader reader;
  private final ObjectWriter writer;

  private JsonCodec(ObjectMapper mapper, JavaType type) {
    reader = mapper.readerFor(type);
    writer = mapper.writerFor(type);
  }

  /** Returns a codec for a class, with a mapper of Jackson's defaults. */
  public static <V> JsonCodec<V> of(Class<V> type) {
    return of(new ObjectMapper(), type);
  }

  /** Returns a codec for a class, with the application's mapper as it is now. */
  public static <V> JsonCodec<V> of(ObjectMapper mapper, Class<V> type) {
    Checks.notNull(mapper, "mapper");
    return new JsonCodec<>(mapper, mapper.constructType(Checks.notNull(type, "type")));
  }

  /** Returns a codec for a generic type, with the application's mapper as it is now. */
  public static <V> JsonCodec<V> of(ObjectMapper mapper, TypeReference<V> type) {
    Checks.notNull(mapper, "mapper");
    return new JsonCodec<>(mapper, mapper.constructType(Checks.notNull(type, "type")));
  }

  @Override
  public String id() {
    return "json";
  }

  @Override
  public byte[] encode(V value) {
    try {
      return writer.writeValueAsBytes(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public V decode(byte[] bytes) {
    try {
      return reader.readValue(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
