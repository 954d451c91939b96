using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SafetyAudit.Access;

/// <summary>
/// A file that only this key ring reads. Chunks of 64 kB, each closed with AES-GCM under a key of the file's own; the nonce is the chunk's place and whether
/// it is the last, so a file that was cut, lengthened, reordered or pieced together from others is noticed.
/// </summary>
/// <remarks>
/// Header: 8 bytes that name the format, the master key's number, 20 random bytes from which the file's key is derived. Then the chunks, each with its tag.
/// </remarks>
public static class SealedFile
{
    const int Header = 32, Chunk = 64 * 1024, Tag = 16;

    static ReadOnlySpan<byte> Format => "SASEAL1\n"u8;

    /// <summary>A stream to write to, from front to back; the file is whole once the stream is disposed of without an error in between.</summary>
    public static Stream Create(string path, KeyRing keys)
    {
        byte[] header = new byte[Header];
        Format.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), keys.Newest);
        RandomNumberGenerator.Fill(header.AsSpan(12));
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.Write(header);
        return new Writer(file, CipherOf(header, keys));
    }

    /// <summary>A stream to read from, anywhere.</summary>
    /// <exception cref="DamagedFileException">It is no such file, or its bytes were changed; also thrown by reading from the stream.</exception>
    public static Stream Open(string path, KeyRing keys)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        try
        {
            byte[] header = new byte[Header];
            bool whole = file.ReadAtLeast(header, Header, throwOnEndOfStream: false) == Header && file.Length >= Header + Tag;
            if (!whole || !header.AsSpan().StartsWith(Format)) throw Damaged();
            return new Reader(file, CipherOf(header, keys));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    static AesGcm CipherOf(byte[] header, KeyRing keys)
    {
        var key = keys.Key(KeyPurpose.Uploads, BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(8)));
        Span<byte> own = stackalloc byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, own, salt: header.AsSpan(12), info: Format);
        return new AesGcm(own, Tag);
    }

    static void Nonce(Span<byte> nonce, long chunk, bool last)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(nonce, chunk);
        nonce[8] = last ? (byte)1 : (byte)0;
    }

    static DamagedFileException Damaged() => new("The bytes kept of this file were changed or cut since it was received. Send it again.");

    sealed class Writer(FileStream file, AesGcm cipher) : Stream
    {
        readonly byte[] pending = new byte[Chunk];
        readonly byte[] closed = new byte[Chunk + Tag];
        int length;
        long chunks;
        bool ended;

        // A full chunk waits until it is known whether it is the last.
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                if (length == Chunk) WriteChunk(last: false);
                int taken = Math.Min(Chunk - length, buffer.Length);
                buffer[..taken].CopyTo(pending.AsSpan(length));
                length += taken;
                buffer = buffer[taken..];
            }
        }

        void WriteChunk(bool last)
        {
            Span<byte> nonce = stackalloc byte[12];
            Nonce(nonce, chunks++, last);
            cipher.Encrypt(nonce, pending.AsSpan(0, length), closed.AsSpan(0, length), closed.AsSpan(length, Tag));
            file.Write(closed.AsSpan(0, length + Tag));
            length = 0;
        }

        protected override void Dispose(bool disposing)
        {
            if (ended) return;
            ended = true;
            try
            {
                WriteChunk(last: true);
                file.Flush(flushToDisk: true);
            }
            finally
            {
                file.Dispose();
                cipher.Dispose();
                CryptographicOperations.ZeroMemory(pending);
                base.Dispose(disposing);
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override void Flush() { }
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }

    sealed class Reader : Stream
    {
        readonly FileStream file;
        readonly AesGcm cipher;
        readonly byte[] closed = new byte[Chunk + Tag];
        readonly byte[] open = new byte[Chunk];
        readonly long chunks;
        long held = -1;
        int heldLength;

        public Reader(FileStream file, AesGcm cipher)
        {
            (this.file, this.cipher) = (file, cipher);
            long body = file.Length - Header;
            chunks = (body + Chunk + Tag - 1) / (Chunk + Tag);
            Length = body - chunks * Tag;
        }

        public override long Length { get; }

        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            // Of an empty file, too, the one chunk is checked.
            if (buffer.IsEmpty || Position >= Length && (Length > 0 || held >= 0)) return 0;
            long chunk = Position / Chunk;
            if (chunk != held) ReadChunk(chunk);
            int from = (int)(Position - chunk * Chunk), taken = Math.Min(heldLength - from, buffer.Length);
            open.AsSpan(from, taken).CopyTo(buffer);
            Position += taken;
            return taken;
        }

        void ReadChunk(long chunk)
        {
            held = -1;
            file.Position = Header + chunk * (Chunk + Tag);
            int read = file.ReadAtLeast(closed, closed.Length, throwOnEndOfStream: false);
            if (read < Tag) throw Damaged();
            Span<byte> nonce = stackalloc byte[12];
            Nonce(nonce, chunk, last: chunk == chunks - 1);
            try { cipher.Decrypt(nonce, closed.AsSpan(0, read - Tag), closed.AsSpan(read - Tag, Tag), open.AsSpan(0, read - Tag)); }
            catch (AuthenticationTagMismatchException) { throw Damaged(); }
            (held, heldLength) = (chunk, read - Tag);
        }

        public override int ReadByte()
        {
            if (held == Position / Chunk && Position < Length) return open[(int)(Position++ % Chunk)];
            Span<byte> one = stackalloc byte[1];
            return Read(one) == 0 ? -1 : one[0];
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) =>
            Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => Length + offset };

        protected override void Dispose(bool disposing)
        {
            file.Dispose();
            cipher.Dispose();
            CryptographicOperations.ZeroMemory(open);
            base.Dispose(disposing);
        }

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override void Flush() { }
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>A kept file is not what was written; the message says what to do.</summary>
public sealed class DamagedFileException(string message) : Exception(message);
