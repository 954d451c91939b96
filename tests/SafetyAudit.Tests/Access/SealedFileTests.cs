using SafetyAudit.Access;

namespace SafetyAudit.Tests.Access;

public sealed class SealedFileTests : IAsyncLifetime
{
    const int Header = 32, Chunk = 64 * 1024, Closed = Chunk + 16;
    TestInstallation installation = null!;
    int files;

    public async Task InitializeAsync() => installation = await TestInstallation.OpenAsync();

    public async Task DisposeAsync() => await installation.DisposeAsync();

    string Write(byte[] content, int piece = 10_000)
    {
        string path = Path.Combine(installation.Directory, $"{++files}.sealed");
        using var stream = SealedFile.Create(path, installation.Keys);
        for (int at = 0; at < content.Length; at += piece) stream.Write(content, at, Math.Min(piece, content.Length - at));
        return path;
    }

    byte[] Read(string path)
    {
        using var stream = SealedFile.Open(path, installation.Keys);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(Chunk - 1), InlineData(Chunk), InlineData(Chunk + 1), InlineData(3 * Chunk), InlineData(300_000)]
    public void It_reads_back_what_was_written(int length)
    {
        byte[] content = Bytes(length);
        string path = Write(content);
        Assert.Equal(content, Read(path));
        using var stream = SealedFile.Open(path, installation.Keys);
        Assert.Equal(length, stream.Length);
        // From anywhere, and byte by byte over a border.
        var random = new Random(7);
        for (int i = 0; i < 50 && length > 0; i++)
        {
            int at = random.Next(length);
            stream.Position = at;
            for (int n = at; n < Math.Min(at + 20, length); n++) Assert.Equal(content[n], stream.ReadByte());
        }
        stream.Position = length;
        Assert.Equal(-1, stream.ReadByte());
    }

    [Fact]
    public void Nothing_of_the_content_is_on_disk()
    {
        byte[] content = Enumerable.Repeat("PATIENT-4711;"u8.ToArray(), 20_000).SelectMany(b => b).ToArray();
        Assert.Equal(-1, File.ReadAllBytes(Write(content)).AsSpan().IndexOf("4711"u8));
    }

    [Fact]
    public void A_file_that_was_cut_lengthened_reordered_pieced_together_or_changed_is_noticed()
    {
        byte[] one = File.ReadAllBytes(Write(Bytes(3 * Chunk + 100))), other = File.ReadAllBytes(Write(Bytes(3 * Chunk + 100)));
        for (int chunk = 0; chunk < 4; chunk++) Damaged(one[..(Header + chunk * Closed)]);
        Damaged(one[..^1]);
        Damaged(one[..10]);
        Damaged([]);
        Damaged([.. one, 0]);
        Damaged([.. one, .. one[(Header + 3 * Closed)..]]);
        Damaged([.. one[..Header], .. one[(Header + Closed)..(Header + 2 * Closed)], .. one[Header..(Header + Closed)], .. one[(Header + 2 * Closed)..]]);
        Damaged([.. one[..Header], .. other[Header..(Header + Closed)], .. one[(Header + Closed)..]]);
        Damaged([.. other[..Header], .. one[Header..]]);
        foreach (int at in new[] { 0, 12, 31, Header, Header + Chunk, Header + Closed + 5, one.Length - 1 })
        {
            byte[] changed = [.. one];
            changed[at] ^= 1;
            Damaged(changed);
        }

        void Damaged(byte[] bytes)
        {
            string path = Path.Combine(installation.Directory, "damaged");
            File.WriteAllBytes(path, bytes);
            Assert.Throws<DamagedFileException>(() => Read(path));
        }
    }
}
