package dev.scaling.core.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A Lua script that Redis runs atomically, together with the digest that {@code EVALSHA} takes.
 *
 * <p>Scripts live in {@code META-INF/scaling/<module>/<name>.lua} of the module that runs them: a
 * path that is no Java package, and so can be read from another module.
 *
 * @param name the script's file name, for traces and errors
 * @param source the text exactly as it is sent, since the digest covers comments and blanks too
 * @param sha1 the lower-case hexadecimal SHA-1 of the source
 */
public record LuaScript(String name, String source, String sha1) {

  /**
   * Loads a script from the module that declares {@code owner}.
   *
   * @param functions scripts whose text stands in front, in this order: {@code EVAL} has no way to
   *     include one
   * @throws IllegalArgumentException if one of them is missing, which is a packaging error
   */
  public static LuaScript load(Class<?> owner, String module, String name, String... functions) {
    var source = new StringBuilder();
    for (String each : functions) {
      source.append(read(owner, module, each));
    }
    return of(name, source.append(read(owner, module, name)).toString());
  }

  /** Returns a script with the given text. */
  public static LuaScript of(String name, String source) {
    return new LuaScript(name, source, sha1(source.getBytes(UTF_8)));
  }

  private static String read(Class<?> owner, String module, String name) {
    String path = "/META-INF/scaling/" + module + "/" + name + ".lua";
    try (InputStream in = owner.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalArgumentException("no script " + path + " beside " + owner.getName());
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read script " + path, e);
    }
  }

  private static String sha1(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must have SHA-1", e);
    }
  }
}
