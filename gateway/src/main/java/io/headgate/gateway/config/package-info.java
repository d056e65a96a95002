/** The file as one tree of records: reading, checking, and saying precisely what is wrong. */
@NullMarked
package io.headgate.gateway.config;

import org.jspecify.annotations.NullMarked;
