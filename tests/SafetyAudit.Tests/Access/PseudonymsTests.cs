using SafetyAudit.Access;

namespace SafetyAudit.Tests.Access;

public sealed class PseudonymsTests : IDisposable
{
    readonly string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
    readonly KeyRing keys;

    public PseudonymsTests()
    {
        keys = new(directory);
        foreach (int key in new[] { 1, 2 }) File.WriteAllBytes(Path.Combine(directory, $"key-{key}"), TestInstallation.MasterKey(key));
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    // Figures from Python's hmac and hashlib: HKDF-SHA256 without salt, info "safetyaudit patients n", then HMAC-SHA256, its first 130 bits in base32.
    [Theory]
    [InlineData("T1", "pt1-cc9eqywbayht639cbm94sp06jn")]
    [InlineData("Zoë-7", "pt1-v962ymng21k460vnvhp81xsj4g")]
    public void A_pseudonym_is_an_HMAC_under_the_derived_key(string id, string pseudonym) => Assert.Equal(pseudonym, new Pseudonyms(keys, 1).Of(id));

    [Theory]
    [InlineData("T1")]
    [InlineData("pt1-cc9eqywbayht639cbm94sp06jn")]
    [InlineData("pt2-y23vfhcaz0pvkadwyakm4zs34x")]
    public void An_id_and_its_pseudonyms_of_any_age_come_to_the_same(string sent) =>
        Assert.Equal("pt2-y23vfhcaz0pvkadwyakm4zs34x", new Pseudonyms(keys, 2).Of(sent));

    [Fact]
    public void A_pseudonym_stays_what_it_is() => Assert.Equal("pt1-cc9eqywbayht639cbm94sp06jn", new Pseudonyms(keys, 1).Of("pt1-cc9eqywbayht639cbm94sp06jn"));

    [Fact]
    public void A_pseudonym_of_a_key_that_is_not_in_use_is_none_of_ours() => Assert.Null(new Pseudonyms(keys, 1).Of("pt2-y23vfhcaz0pvkadwyakm4zs34x"));

    [Theory]
    [InlineData("pt1-cc9eqywbayht639cbm94sp06j")]      // a character short
    [InlineData("pt1-cc9eqywbayht639cbm94sp06jnn")]
    [InlineData("pt1-cc9eqywbayht639cbm94sp06jl")]     // l is no character of the alphabet
    [InlineData("PT1-CC9EQYWBAYHT639CBM94SP06JN")]
    [InlineData("pt0-cc9eqywbayht639cbm94sp06jn")]
    [InlineData("pt-cc9eqywbayht639cbm94sp06jn")]
    [InlineData("pt99999999999-cc9eqywbayht639cbm94sp06jn")]
    public void What_only_looks_like_one_is_an_id(string id)
    {
        Assert.Equal(0, Pseudonyms.LayerOf(id));
        Assert.Equal(1, Pseudonyms.LayerOf(new Pseudonyms(keys, 1).Of(id)!));
    }
}
