package io.headgate.filter;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A record that has a file of its own: where the configuration would hold it, it holds the path.
 *
 * <p>What is wrong in that file is said with its place there, and no text of it is repeated, because such a file is kept
 * apart for what is secret in it.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface FromFile {}
