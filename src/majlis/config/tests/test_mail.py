from majlis.config.mail import mail


class TestEmailUrl:
    def test_names_a_server_a_folder_or_the_console(self):
        found = mail("smtps://me%40x:s%3Acret@mail.example:465")
        assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"], found["EMAIL_USE_SSL"]) == (
            "me@x",
            "s:cret",
            True,
        )
        assert mail("file:///var/mail")["EMAIL_FILE_PATH"] == "/var/mail"
        assert mail("console://")["EMAIL_BACKEND"].endswith("console.EmailBackend")
