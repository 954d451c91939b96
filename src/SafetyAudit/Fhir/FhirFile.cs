using System.Text.Json;

namespace SafetyAudit.Fhir;

/// <summary>
/// The resources of a file, one after the other, in bounded memory whatever the file holds: the entries of a Bundle, the lines of bulk NDJSON, or one
/// resource alone. Which it is shows in the content. Records in our own members come as lines, one alone, or the items of an array.
/// </summary>
/// <remarks>In NDJSON a broken line spoils itself and no other. A Bundle, or an array, is one JSON document: broken anywhere, it is refused as a whole.</remarks>
sealed class FhirFile : IDisposable
{
    /// <summary>Longest resource, in bytes.</summary>
    public const int LongestResource = 1024 * 1024;

    /// <summary>How deep JSON may be nested.</summary>
    public const int Deepest = 64;

    /// <summary>Most that is kept of a resource that is too long.</summary>
    const int Head = 16 * 1024;

    enum Shape { Lines, Bundle, Array, Single }

    static readonly JsonReaderOptions Strict = new() { MaxDepth = Deepest };

    readonly Stream stream;
    readonly Shape shape;
    byte[] buffer = new byte[128 * 1024];
    JsonReaderState state = new(Strict);
    long bufferAt;
    int start, filled;
    bool ended, inEntries, hasEntries, entriesNext;

    FhirFile(Stream stream, Shape shape) => (this.stream, this.shape) = (stream, shape);

    /// <summary>Where the current resource stands: its line in NDJSON, its place in a Bundle or an array, both from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Where its bytes begin, for <see cref="ResourceAt"/>.</summary>
    public long Offset { get; private set; }

    /// <summary>Its bytes; the beginning of them where it is too long.</summary>
    public ReadOnlyMemory<byte> Bytes { get; private set; }

    public bool TooLong { get; private set; }

    /// <summary>Bytes read so far.</summary>
    public long Position => bufferAt + start;

    /// <summary>Whether the entries have an envelope around the resource.</summary>
    public bool IsBundle => shape == Shape.Bundle;

    /// <summary>Whether a file's content is JSON rather than rows of text.</summary>
    public static bool IsJson(Func<Stream> content)
    {
        using var stream = content();
        Span<byte> head = stackalloc byte[512];
        head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (head.StartsWith("\uFEFF"u8)) head = head[3..];
        return head.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..];
    }

    /// <summary>Whether JSON is FHIR rather than records in our own members: its first object says of which type it is. An array never is.</summary>
    public static bool IsFhir(Func<Stream> content)
    {
        using var stream = content();
        byte[] bytes = new byte[LongestResource];
        var head = bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        if (head.StartsWith("\uFEFF"u8)) head = head[3..];
        var reader = new Utf8JsonReader(head, isFinalBlock: false, new JsonReaderState(Strict));
        try
        {
            while (reader.Read())
            {
                if (reader is { CurrentDepth: 0, TokenType: JsonTokenType.StartArray or JsonTokenType.EndObject }) return false;
                if (reader is { CurrentDepth: 1, TokenType: JsonTokenType.PropertyName } && reader.ValueTextEquals("resourceType"u8)) return true;
            }
        }
        catch (JsonException) { }
        // Broken, or longer than is looked at: what it was meant to be.
        return head.IndexOf("\"resourceType\""u8) >= 0;
    }

    /// <param name="content">Opens the file's bytes at their beginning, as often as asked; the stream can seek.</param>
    /// <exception cref="FhirRefusedException">It is no such file.</exception>
    public static FhirFile Open(Func<Stream> content)
    {
        var shape = ShapeOf(content);
        var file = new FhirFile(content(), shape) { inEntries = shape == Shape.Array };
        if (file.Fill() && file.buffer.AsSpan(0, file.filled).StartsWith("\uFEFF"u8)) file.start = 3;
        return file;
    }

    /// <summary>Moves to the next resource. False at the end.</summary>
    public bool Read()
    {
        TooLong = false;
        return shape switch { Shape.Lines => ReadLine(), Shape.Single => ReadAll(), _ => ReadEntry() };
    }

    /// <summary>The bytes of the JSON value that begins at an offset of a stream.</summary>
    public static byte[]? ResourceAt(Stream stream, long offset)
    {
        for (int size = 4 * 1024; size <= 4 * LongestResource; size *= 4)
        {
            byte[] bytes = new byte[size];
            stream.Position = offset;
            int read = stream.ReadAtLeast(bytes, size, throwOnEndOfStream: false);
            var reader = new Utf8JsonReader(bytes.AsSpan(0, read), isFinalBlock: false, new JsonReaderState(Strict));
            try { if (reader.Read() && reader.TrySkip()) return bytes[..(int)reader.BytesConsumed]; }
            catch (JsonException) { return null; }
        }
        return null;
    }

    public void Dispose() => stream.Dispose();

    bool ReadLine()
    {
        while (true)
        {
            int scanned = 0, newline;
            byte[]? head = null;
            Offset = bufferAt + start;
            while ((newline = buffer.AsSpan(start + scanned, filled - start - scanned).IndexOf((byte)'\n')) < 0)
            {
                scanned = filled - start;
                if (scanned > LongestResource)
                {
                    head ??= buffer.AsSpan(start, Head).ToArray();
                    (start, scanned) = (filled, 0);
                }
                if (!Fill()) break;
            }
            int end = newline < 0 ? filled : start + scanned + newline;
            var line = buffer.AsMemory(start, end - start);
            bool more = newline >= 0;
            if (!more && line.IsEmpty && head is null) return false;
            start = more ? end + 1 : filled;
            Number++;
            TooLong = head is not null || line.Length > LongestResource;
            Bytes = head ?? (TooLong ? line[..Head] : line);
            if (TooLong || !line.Span.Trim(" \t\r"u8).IsEmpty) return true;
        }
    }

    bool ReadAll()
    {
        if (Number > 0) return false;
        while (Fill()) { }
        (Number, Offset, Bytes, start) = (1, bufferAt + start, buffer.AsMemory(start, filled - start), filled);
        return true;
    }

    bool ReadEntry()
    {
        long entry = -1;
        int depth = IsBundle ? 2 : 1;
        try
        {
            while (true)
            {
                var reader = new Utf8JsonReader(buffer.AsSpan(start, filled - start), ended, state);
                while (reader.Read())
                {
                    bool isEntry = inEntries && reader.CurrentDepth == depth;
                    if (entriesNext) (entriesNext, inEntries) = (false, reader.TokenType == JsonTokenType.StartArray);
                    else if (!inEntries && reader is { CurrentDepth: 1, TokenType: JsonTokenType.PropertyName } && reader.ValueTextEquals("entry"u8))
                    {
                        if (hasEntries) throw new FhirRefusedException("The Bundle has its entries twice. Send each Bundle by itself.");
                        hasEntries = entriesNext = true;
                    }
                    else if (inEntries && reader.CurrentDepth == depth - 1 && reader.TokenType == JsonTokenType.EndArray) inEntries = false;
                    else if (isEntry && (reader.TokenType == JsonTokenType.StartObject || !IsBundle && reader.TokenType == JsonTokenType.StartArray)) entry = bufferAt + start + reader.TokenStartIndex;
                    else if (isEntry && (reader.TokenType == JsonTokenType.EndObject || !IsBundle && reader.TokenType == JsonTokenType.EndArray))
                    {
                        Take(ref reader, entry);
                        return true;
                    }
                    else if (isEntry && reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.EndArray))
                    {
                        Take(ref reader, bufferAt + start + reader.TokenStartIndex);
                        return true;
                    }
                }
                if (ended) return false;
                // Everything read is behind us; of an entry under way its bytes stay, unless they are too many.
                state = reader.CurrentState;
                start += (int)reader.BytesConsumed;
                if (entry >= 0 && bufferAt + start - entry > LongestResource && !TooLong)
                {
                    TooLong = true;
                    Bytes = buffer.AsSpan((int)(entry - bufferAt), Head).ToArray();
                }
                if (filled - start > LongestResource)
                    throw new FhirRefusedException($"The {Whole} holds a value of more than {LongestResource / 1024} kB at byte {Position:N0}. Send it without attachments.");
                Fill(keepFrom: entry >= 0 && !TooLong ? (int)(entry - bufferAt) : start);
            }
        }
        catch (JsonException wrong)
        {
            throw new FhirRefusedException($"The {Whole} is not JSON that can be read: entry {Number + 1:N0}, line {wrong.LineNumber + 1}. "
                + $"It may be cut short, nested deeper than {Deepest} levels, or have a comma too many. Nothing of it was taken.");
        }
    }

    string Whole => IsBundle ? "Bundle" : "array";

    void Take(ref Utf8JsonReader reader, long entry)
    {
        state = reader.CurrentState;
        start += (int)reader.BytesConsumed;
        Number++;
        Offset = entry;
        if (TooLong) return;
        TooLong = bufferAt + start - entry > LongestResource;
        Bytes = buffer.AsMemory((int)(entry - bufferAt), TooLong ? Head : (int)(bufferAt + start - entry));
    }

    bool Fill() => Fill(start);

    // Reads on, and keeps what is not done with.
    bool Fill(int keepFrom)
    {
        if (ended) return false;
        if (keepFrom > 0)
        {
            buffer.AsSpan(keepFrom, filled - keepFrom).CopyTo(buffer);
            (bufferAt, start, filled) = (bufferAt + keepFrom, start - keepFrom, filled - keepFrom);
        }
        if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        int read = stream.Read(buffer.AsSpan(filled));
        filled += read;
        ended = read == 0;
        return !ended;
    }

    static Shape ShapeOf(Func<Stream> content)
    {
        if (FirstType(content) == "Bundle") return Shape.Bundle;
        using var stream = content();
        byte[] head = new byte[LongestResource + 1];
        head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        var text = head.AsMemory(head.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0);
        if (text.Span.TrimStart(" \t\r\n"u8) is [(byte)'[', ..]) return Shape.Array;
        int newline = text.Span.IndexOf((byte)'\n');
        if (newline >= 0 && IsWhole(text[..newline])) return Shape.Lines;
        return head.Length <= LongestResource && IsWhole(text) ? Shape.Single : Shape.Lines;
    }

    static bool IsWhole(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new() { MaxDepth = Deepest });
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException) { return false; }
    }

    // The type of the first resource. It usually stands first in it, but nothing says it must.
    static string? FirstType(Func<Stream> content)
    {
        using var file = new FhirFile(content(), Shape.Lines);
        if (file.Fill() && file.buffer.AsSpan(0, file.filled).StartsWith("\uFEFF"u8)) file.start = 3;
        bool isType = false;
        try
        {
            while (true)
            {
                var reader = new Utf8JsonReader(file.buffer.AsSpan(file.start, file.filled - file.start), file.ended, file.state);
                while (reader.Read())
                {
                    if (isType) return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                    if (reader is { CurrentDepth: 0, TokenType: not JsonTokenType.StartObject }) return null;
                    isType = reader is { CurrentDepth: 1, TokenType: JsonTokenType.PropertyName } && reader.ValueTextEquals("resourceType"u8);
                }
                if (file.ended || file.filled - file.start > LongestResource) return null;
                file.state = reader.CurrentState;
                file.start += (int)reader.BytesConsumed;
                file.Fill();
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException) { return null; }
    }
}

/// <summary>A file is refused as a whole; the message says why and what to do.</summary>
sealed class FhirRefusedException(string message) : Exception(message);
