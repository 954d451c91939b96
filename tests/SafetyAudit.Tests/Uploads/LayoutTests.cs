using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

public class LayoutTests
{
    // The columns that scripts and suppliers rely on, in the order of the contract.
    const string Sessions = "session_id clinic_id practitioner_id patient_id started_at ended_at status first_needle_at is_first_session performer_role supervisor_id plan_of_care_id position regions muscles sides technique max_depth_mm needle_gauge_mm needle_length_mm needle_type needle_material needle_single_use needle_sterile needle_lot needle_expiry needles_opened needles_inserted needles_removed needles_disposed estim pacemaker_checked ultrasound_guided screening_at screening_complete screen_flags anticoagulant_class bleeding_disorder metal_allergy needle_anxiety prior_syncope pregnancy_status risk_note hydration_checked consent_at consent_form consent_risks hand_hygiene skin_status gloves bleeding_observed pressure_seconds post_obs_minutes aftercare_given red_flags_given signed_at";
    const string Events = "event_id patient_id category onset_at recorded_at detected_at session_id practitioner_id clinic_id severity ctcae_grade seriousness causality outcome resolved_at medical_attention action_taken reporter_role report_channel body_region narrative";
    const string Practitioners = "practitioner_id display_name clinic_id role licence_number licence_status licence_issued licence_expires jurisdiction years_licensed training_hours supervised_sessions certified_on thoracic_competency_on permitted_muscles bbp_training_on cpr_expires";

    [Fact] public void Session_files_have_the_columns_of_the_contract() => Assert.Equal(Sessions.Split(' ').Order(), new SessionIntake().Layout.ColumnNames.Order());

    [Fact] public void Event_files_have_the_columns_of_the_contract() => Assert.Equal(Events.Split(' ').Order(), new EventIntake().Layout.ColumnNames.Order());

    [Fact] public void Practitioner_files_have_the_columns_of_the_contract() => Assert.Equal(Practitioners.Split(' ').Order(), new PractitionerIntake().Layout.ColumnNames.Order());

    [Fact]
    public async Task Columns_that_no_record_has_are_listed_and_used_nowhere()
    {
        await using var installation = await TestInstallation.OpenAsync();
        var upload = await installation.ImportAsync(Samples.Practitioners.Replace("display_name", "favourite_colour"));
        Assert.Equal((2L, "favourite_colour"), (upload.RowsNew, upload.UnknownColumns));
    }

    [Theory]
    [InlineData("practitioner_id,practitioner_id\nP1,P1\n", "twice")]
    [InlineData("event_id,patient_id\nE1,T1\n", "category, onset_at")]
    [InlineData("{\"resourceType\":\"Bundle\"}\n", "no FHIR resource")]
    [InlineData("name,colour\nx,y\n", "no kind")]
    public async Task A_header_that_can_t_be_read_is_refused_and_nothing_is_kept(string content, string says)
    {
        await using var installation = await TestInstallation.OpenAsync();
        var refused = await Assert.ThrowsAnyAsync<FileRefusedException>(() => installation.ImportAsync(content));
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(installation.Directory, "uploads")));
    }
}
